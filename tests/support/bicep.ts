/** Reads Bicep far enough to see whether its names fit together. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A parameter. */
export interface BicepParam {
  readonly name: string;
  readonly required: boolean;
  readonly secure: boolean;
  readonly description: string;
}

/** A module that a template uses. */
export interface BicepModule {
  readonly name: string;
  readonly path: string;
  readonly params: readonly string[];
}

/** One file. */
export interface BicepFile {
  readonly path: string;
  readonly source: string;
  /** The source without comments and strings; expressions inside of strings stay. */
  readonly code: string;
  readonly params: readonly BicepParam[];
  readonly modules: readonly BicepModule[];
  readonly outputs: readonly string[];
  /** Names that the file declares: parameters, variables, resources, modules. */
  readonly symbols: readonly string[];
  /** Names that its expressions use. */
  readonly references: ReadonlySet<string>;
}

/** Reads a file. */
export function readBicep(path: string): BicepFile {
  const source = readFileSync(path, 'utf8');
  const code = withoutText(source);
  const declared = [...code.matchAll(/^(?:param|var|resource|module) (\w+)/gm)];
  return {
    path,
    source,
    code,
    params: readParams(source),
    modules: readModules(path, source),
    outputs: [...code.matchAll(/^output (\w+)/gm)].map(([, name]) => name ?? ''),
    symbols: declared.map(([, name]) => name ?? ''),
    references: referencesIn(code),
  };
}

/** Blanks comments and the text of strings; `${…}` inside of strings is code. */
function withoutText(source: string): string {
  return codeFrom(source, 0).text;
}

interface Read {
  readonly text: string;
  /** Where reading goes on. */
  readonly end: number;
}

/** Code up to the end, or to the brace that ends the expression of a string. */
function codeFrom(source: string, start: number): Read {
  let text = '';
  let at = start;
  let depth = 0;
  while (at < source.length) {
    const character = source[at] ?? '';
    if (source.startsWith('//', at)) {
      at = endOfLine(source, at);
    } else if (character === "'") {
      const string = stringFrom(source, at + 1);
      text += string.text;
      at = string.end;
    } else {
      if (character === '}' && depth === 0) return { text, end: at + 1 };
      if (character === '{') depth += 1;
      if (character === '}') depth -= 1;
      text += character;
      at += 1;
    }
  }
  return { text, end: at };
}

function endOfLine(source: string, at: number): number {
  const end = source.indexOf('\n', at);
  return end === -1 ? source.length : end;
}

/** The expressions of a string, between quotes. */
function stringFrom(source: string, start: number): Read {
  let text = "'";
  let at = start;
  while (at < source.length && source[at] !== "'") {
    if (source.startsWith('${', at)) {
      const expression = codeFrom(source, at + 2);
      text += ` ${expression.text} `;
      at = expression.end;
    } else at += source[at] === '\\' ? 2 : 1;
  }
  return { text: `${text}'`, end: at + 1 };
}

function readParams(source: string): BicepParam[] {
  const pattern = /((?:^@.*\n(?:(?: {2}.*|\]\))\n)*)*)^param (\w+) [\w]+( = )?/gm;
  return [...source.matchAll(pattern)].map(([, decorators = '', name = '', preset]) => ({
    name,
    required: preset === undefined,
    secure: decorators.includes('@secure()'),
    description: /@description\('(.*)'\)/.exec(decorators)?.[1] ?? '',
  }));
}

function readModules(path: string, source: string): BicepModule[] {
  const pattern = /^module (\w+) '([^']+)' = [^\n]*\{\n([\s\S]*?)\n\}/gm;
  return [...source.matchAll(pattern)].map(([, name = '', target = '', body = '']) => {
    const params = /\n {2}params: \{\n([\s\S]*?)\n {2}\}/.exec(body)?.[1] ?? '';
    return {
      name,
      path: join(dirname(path), target),
      params: [...params.matchAll(/^ {4}(\w+):/gm)].map(([, param]) => param ?? ''),
    };
  });
}

const WORDS = new Set(
  `param var resource module output targetScope existing if for in true false null
   string int bool object array`.split(/\s+/),
);

/** Identifiers that are neither a property, a key, a function, a decorator nor a word of the language. */
function referencesIn(code: string): Set<string> {
  const found = new Set<string>();
  const declarations = code.replaceAll(/^(param|var|resource|module|output) \w+/gm, '$1');
  for (const match of declarations.matchAll(/[A-Za-z_]\w*/g)) {
    const [name] = match;
    const before = declarations.slice(0, match.index).trimEnd().at(-1) ?? '';
    const after = declarations.slice(match.index + name.length);
    const line = declarations.slice(0, match.index).split('\n').at(-1) ?? '';
    const isKey = after.startsWith(':') && !/\bin $/.test(line);
    const isCall = /^\s*\(/.test(after);
    if (before === '.' || before === '@' || isKey || isCall || WORDS.has(name)) continue;
    found.add(name);
  }
  return found;
}

/** Variables of loops. */
export function loopVariables(code: string): string[] {
  return [...code.matchAll(/\[for (?:\((\w+), (\w+)\)|(\w+)) in /g)].flatMap(([, ...names]) =>
    names.filter((name) => name !== undefined),
  );
}
