import { SaxesParser } from 'saxes';

export type Multistatus = Map<string, Record<string, Record<string, string>>>;

/** Reads a multistatus strictly: anything that is not well-formed throws. */
export function readMultistatus(text: string): Multistatus {
  const result: Multistatus = new Map();
  const parser = new SaxesParser({ xmlns: true });
  const within: string[] = [];
  let characters = '';
  let href = '';
  let pending: Record<string, string> = {};
  let value = '';
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('text', (part) => {
    characters += part;
    value += part;
  });
  parser.on('opentag', (tag) => {
    const name = `{${tag.uri}}${tag.local}`;
    if (within.length === 4) value = '';
    else if (within.length > 4) value += `<${tag.local}>`;
    within.push(name);
    characters = '';
    if (name === '{DAV:}propstat') pending = {};
  });
  parser.on('closetag', (tag) => {
    const name = `{${tag.uri}}${tag.local}`;
    within.pop();
    if (name === '{DAV:}href' && within.length === 2) {
      href = characters;
      if (result.has(href)) throw new Error(`twice: ${href}`);
      result.set(href, {});
    }
    if (within.length === 4 && within[3] === '{DAV:}prop') pending[name] = value;
    if (name === '{DAV:}status') result.get(href)![characters.split(' ')[1]!] = pending;
    characters = '';
  });
  parser.write(text).close();
  return result;
}
