import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { badge, linked, table, time } from '../../../../src/lib/html/elements.ts';
import { html } from '../../../../src/lib/html/html.ts';
import { page, pageHeaders, scriptElement } from '../../../../src/lib/html/page.ts';

const part = { name: 'Git server', about: 'what it is' };

/** What a browser compares with the policy: the text between the tags, as it stands. */
function allowedBy(policy: string | undefined, document: string, tag: string): boolean {
  const [, text = ''] = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(document) ?? [];
  return policy?.includes(`'sha256-${createHash('sha256').update(text).digest('base64')}'`) ?? false;
}

describe('a page', () => {
  it('escapes whatever is put into it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { source } = html`<p title="${text}">${text}${[text]}</p>`;
        const inner = /^<p title="([^"<>]*)">([^"<>']*)<\/p>$/s.exec(source);
        expect(inner?.[2]).toBe((inner?.[1] ?? '').repeat(2));
      }),
    );
  });

  it('carries the style and the script that its policy allows, and no other', () => {
    const script = 'document.title = "<b>";';
    const document = page({ part, title: 'x', body: html`${scriptElement(script)}` });
    const policy = pageHeaders(script)['content-security-policy'];
    expect(allowedBy(policy, document, 'style')).toBe(true);
    expect(allowedBy(policy, document, 'script')).toBe(true);
    expect(policy).not.toContain('unsafe-inline');
    expect(pageHeaders()['content-security-policy']).not.toContain('script-src');
  });

  it('says which part it is of, where it is, and which tab is shown', () => {
    const document = page({
      part,
      title: 'Commits',
      way: [['Repositories', '/']],
      tabs: {
        label: 'Repository',
        links: [
          ['Files', '/a'],
          ['Commits', '/a/commits'],
        ],
        current: '/a/commits',
      },
      body: html`<h1>Commits</h1>`,
    });
    expect(document).toContain('<title>Commits - Git server</title>');
    expect(document).toContain('<footer>what it is</footer>');
    expect(document).toContain('<a href="/a/commits" aria-current="page">Commits</a>');
    expect(document.match(/aria-current="page"/g)).toHaveLength(1);
  });
});

describe('the elements of pages', () => {
  it('colour a state, whichever way its name is written', () => {
    expect(badge('IN_PROGRESS').source).toBe('<span class="badge busy">IN PROGRESS</span>');
    expect(badge('OutOfSync').source).toContain('warn');
    expect(badge('<new>', { label: 'new' }).source).toBe('<span class="badge idle">new</span>');
  });

  it('show a time, and what is none as it is', () => {
    expect(time(0).source).toContain('1970-01-01 00:00:00 UTC');
    expect(time('<soon>').source).toBe('&lt;soon&gt;');
  });

  it('make addresses links, and nothing else', () => {
    expect(linked('see http://a.localhost/b?c=1&d. javascript:x <i>').source).toBe(
      'see <a href="http://a.localhost/b?c=1&amp;d">http://a.localhost/b?c=1&amp;d</a>. javascript:x &lt;i&gt;',
    );
  });

  it('name the columns of a table', () => {
    expect(table(['A'], [html`<tr></tr>`]).source).toContain('<th scope="col">A</th>');
  });
});
