import { lexer, type Token, type Tokens } from 'marked';
import type { ComponentChild } from 'preact';

/**
 * Markdown as elements. It is never made into HTML text, so that nothing in it can run: HTML in it is shown as it
 * is written, and links lead to pages alone.
 */
export function Markdown({ text }: { readonly text: string }) {
  return <div class="markdown">{blocks(lexer(text))}</div>;
}

function blocks(tokens: readonly Token[]): ComponentChild[] {
  return tokens.map((token, index) => block(token, index));
}

function block(token: Token, index: number): ComponentChild {
  switch (token.type) {
    case 'heading': {
      const { depth, tokens = [] } = token as Tokens.Heading;
      // The page has its own first heading.
      const Heading = `h${Math.min(6, depth + 1)}` as 'h2';
      return <Heading key={index}>{inlines(tokens)}</Heading>;
    }
    case 'paragraph':
      return <p key={index}>{inlines((token as Tokens.Paragraph).tokens)}</p>;
    case 'text': {
      const { tokens, text } = token as Tokens.Text;
      return tokens === undefined ? text : <span key={index}>{inlines(tokens)}</span>;
    }
    case 'list': {
      const { ordered, items } = token as Tokens.List;
      const List = ordered ? 'ol' : 'ul';
      return (
        <List key={index}>
          {items.map((item, place) => (
            <li key={place}>{blocks(item.tokens)}</li>
          ))}
        </List>
      );
    }
    case 'code':
      return (
        <pre key={index} tabIndex={0}>
          <code>{(token as Tokens.Code).text}</code>
        </pre>
      );
    case 'blockquote':
      return <blockquote key={index}>{blocks((token as Tokens.Blockquote).tokens)}</blockquote>;
    case 'hr':
      return <hr key={index} />;
    case 'table':
      return table(token as Tokens.Table, index);
    case 'space':
      return null;
    default:
      return <p key={index}>{token.raw}</p>;
  }
}

function table({ header, rows }: Tokens.Table, index: number): ComponentChild {
  return (
    <div key={index} class="scroll" tabIndex={0} role="region" aria-label="Table">
      <table>
        <thead>
          <tr>
            {header.map((cell, place) => (
              <th key={place} scope="col">
                {inlines(cell.tokens)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => (
            <tr key={place}>
              {row.map((cell, column) => (
                <td key={column}>{inlines(cell.tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inlines(tokens: readonly Token[]): ComponentChild[] {
  return tokens.map((token, index) => inline(token, index));
}

function inline(token: Token, index: number): ComponentChild {
  switch (token.type) {
    case 'strong':
      return <strong key={index}>{inlines((token as Tokens.Strong).tokens)}</strong>;
    case 'em':
      return <em key={index}>{inlines((token as Tokens.Em).tokens)}</em>;
    case 'del':
      return <del key={index}>{inlines((token as Tokens.Del).tokens)}</del>;
    case 'codespan':
      return <code key={index}>{(token as Tokens.Codespan).text}</code>;
    case 'br':
      return <br key={index} />;
    case 'link': {
      const { href, tokens } = token as Tokens.Link;
      if (!/^https?:\/\//.test(href)) return <span key={index}>{inlines(tokens)}</span>;
      return (
        <a key={index} href={href} target="_blank" rel="noreferrer">
          {inlines(tokens)}
        </a>
      );
    }
    case 'text': {
      const { tokens, text } = token as Tokens.Text;
      return tokens === undefined ? unescaped(text) : <span key={index}>{inlines(tokens)}</span>;
    }
    case 'escape':
      return (token as Tokens.Escape).text;
    default:
      return token.raw;
  }
}

/** Characters that Markdown writes as entities. */
function unescaped(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&lt;': '<',
    '&gt;': '>',
    '&amp;': '&',
    '&quot;': '"',
    '&#39;': "'",
  };
  return text.replaceAll(/&(?:lt|gt|amp|quot|#39);/g, (entity) => names[entity] ?? entity);
}
