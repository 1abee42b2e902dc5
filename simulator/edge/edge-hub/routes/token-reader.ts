import { RouteError } from './route-error.ts';
import type { Token } from './route-lexer.ts';

/** Reads tokens one after the other. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(): Token {
    const token = this.#tokens[Math.min(this.#next, this.#tokens.length - 1)];
    if (token === undefined) throw new RangeError('a token list ends with an end token');
    return token;
  }

  take(): Token {
    const token = this.peek();
    this.#next += 1;
    return token;
  }

  /** Takes the next token when it is this symbol. */
  takeSymbol(text: string): boolean {
    const token = this.peek();
    if (token.kind !== 'symbol' || token.text !== text) return false;
    this.#next += 1;
    return true;
  }

  /** Takes the next token when it is this keyword, in whatever case. */
  takeKeyword(keyword: string): boolean {
    if (!this.atKeyword(keyword)) return false;
    this.#next += 1;
    return true;
  }

  atKeyword(keyword: string): boolean {
    const token = this.peek();
    return token.kind === 'name' && token.text.toUpperCase() === keyword;
  }

  /** @throws RouteError when the next token is not this symbol */
  expectSymbol(text: string): void {
    if (!this.takeSymbol(text)) this.fail(`Expected ${text}`);
  }

  /** @throws RouteError always, at the next token */
  fail(expectation: string, remedy = 'See the grammar of routes in docs/differences.md.'): never {
    const token = this.peek();
    const found = token.kind === 'end' ? 'the end' : JSON.stringify(token.text);
    throw new RouteError(token.offset, `${expectation}, found ${found},`, remedy);
  }
}
