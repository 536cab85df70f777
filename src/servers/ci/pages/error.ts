import { html } from '../../../lib/html/html.ts';
import { ciPage } from './frame.ts';

export function errorPage(status: number, message: string): string {
  return ciPage({
    title: `Error ${status}`,
    body: html`<h1>Error ${status}</h1>
      <p>${message}</p>
      <p><a href="/">All jobs</a></p>`,
  });
}
