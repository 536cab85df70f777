import { html } from '../../../lib/html/html.ts';
import { ciPage } from './frame.ts';

export function loginPage(from: string, wrong: boolean): string {
  return ciPage({
    title: 'Sign in',
    body: html`<h1>Sign in</h1>
      ${wrong ? html`<p class="error" role="alert">The user name or the password is wrong.</p>` : undefined}
      <form method="post" action="/j_spring_security_check">
        <input type="hidden" name="from" value="${from}" />
        <label>User name <input name="j_username" autocomplete="username" required autofocus /></label>
        <label
          >Password <input name="j_password" type="password" autocomplete="current-password" required
        /></label>
        <button class="primary">Sign in</button>
      </form>
      <p class="dim"><code>gitops-playground credentials</code> shows both.</p>`,
  });
}
