import { html, page } from './html.ts';

export function errorPage(status: number, message: string): string {
  return page({
    title: `Error ${status}`,
    body: html`<h1>Error ${status}</h1>
      <p>${message}</p>
      <p><a href="/">All jobs</a></p>`,
  });
}
