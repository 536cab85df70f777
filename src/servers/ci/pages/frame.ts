import { html, type Html } from '../../../lib/html/html.ts';
import { page, type Page, type Part } from '../../../lib/html/page.ts';

const part: Part = { name: 'CI server', about: 'Jenkins-compatible CI server of the embedded engine' };

/** A page of the CI server. */
export function ciPage({
  user,
  ...rest
}: Omit<Page, 'part' | 'account'> & { readonly user?: string }): string {
  const account = user === undefined ? undefined : html`${user} · <a href="/logout">sign out</a>`;
  return page({ part, account, ...rest });
}

/** A button that sends a POST with the crumb of the session. */
export function postButton(action: string, label: string, crumb: string, kind = ''): Html {
  return html`<form method="post" action="${action}">
    <input type="hidden" name="Jenkins-Crumb" value="${crumb}" />
    <button class="${kind}">${label}</button>
  </form>`;
}

/** The result of a build, or that it runs. */
export function resultState(result: string | null): string {
  return (result ?? 'RUNNING').toLowerCase();
}
