/** Steps through the tokens of a batch. */
import { incorrectSyntax, notSupported, type SqlError } from '../sql-error.ts';
import { sqlType, MAX_LENGTH, type SqlType } from '../types.ts';
import type { ObjectName } from './ast.ts';
import { tokenize, type Token } from './tokens.ts';

/** Words that cannot be a name without brackets, among those that the grammar asks for. */
const RESERVED = new Set(
  (
    'ADD ALL ALTER AND AS ASC BEGIN BETWEEN BY CASE CHECK COLLATE COMMIT CONSTRAINT CREATE CROSS ' +
    'DECLARE DEFAULT DELETE DESC DISTINCT DROP ELSE END EXCEPT EXEC EXECUTE EXISTS FETCH FOR ' +
    'FROM FULL FUNCTION GOTO GRANT GROUP HAVING IF IN INDEX INNER INSERT INTERSECT INTO IS JOIN ' +
    'KEY LEFT LIKE MERGE NOT NULL ON OR ORDER OUTER OVER PRIMARY PRINT PROCEDURE RETURN RIGHT ' +
    'ROLLBACK SELECT SET TABLE THEN TOP TRAN TRANSACTION TRUNCATE UNION UNIQUE UPDATE USER VALUES ' +
    'VIEW WHEN WHERE WHILE WITH'
  ).split(' '),
);

/** Reads tokens in order; every `…` method that takes words compares them whatever their case. */
export class TokenCursor {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(batch: string) {
    this.#tokens = tokenize(batch);
  }

  protected peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)];
    if (token === undefined) throw incorrectSyntax('', 1);
    return token;
  }

  protected next(): Token {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  protected get line(): number {
    return this.peek().line;
  }

  protected get isAtEnd(): boolean {
    return this.peek().kind === 'end';
  }

  /** Whether these words come next. */
  protected sees(...words: readonly string[]): boolean {
    return words.every((word, ahead) => is(this.peek(ahead), word));
  }

  /** Takes these words if they come next. */
  protected takes(...words: readonly string[]): boolean {
    if (!this.sees(...words)) return false;
    this.#at += words.length;
    return true;
  }

  /** @throws SqlError 102 when something else comes next */
  protected expect(...words: readonly string[]): void {
    for (const word of words) if (!this.takes(word)) throw this.unexpected();
  }

  protected unexpected(): SqlError {
    const { text, line } = this.peek();
    return incorrectSyntax(text, line);
  }

  protected refuse(what: string): SqlError {
    return notSupported(what, this.line);
  }

  /** Whether a name without brackets, or one in brackets, comes next. */
  protected seesName(): boolean {
    const { kind, text } = this.peek();
    return kind === 'quotedName' || (kind === 'word' && !RESERVED.has(text.toUpperCase()));
  }

  protected name(): string {
    if (!this.seesName()) throw this.unexpected();
    return this.next().text;
  }

  /** A word that may be a keyword: what follows a dot, an option, a date part. */
  protected word(): string {
    if (this.peek().kind !== 'word') throw this.unexpected();
    return this.next().text;
  }

  protected objectName(): ObjectName {
    const parts = [this.name()];
    while (this.takes('.')) parts.push(this.name());
    return parts;
  }

  protected variableName(): string {
    if (this.peek().kind !== 'variable') throw this.unexpected();
    return this.next().text;
  }

  protected textValue(): string {
    if (this.peek().kind !== 'text') throw this.unexpected();
    return this.next().text;
  }

  protected wholeNumber(): number {
    const { kind, text } = this.peek();
    if (kind !== 'number' || !/^\d+$/.test(text)) throw this.unexpected();
    this.next();
    return Number(text);
  }

  /** One or more, separated by commas. */
  protected list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.takes(',')) items.push(item());
    return items;
  }

  protected inBrackets<T>(content: () => T): T {
    this.expect('(');
    const result = content();
    this.expect(')');
    return result;
  }

  protected type(): SqlType {
    const { line } = this;
    const name = this.name();
    const numbers = this.sees('(')
      ? this.inBrackets(() =>
          this.list(() => (this.takes('MAX') ? MAX_LENGTH : this.wholeNumber())),
        )
      : [];
    return sqlType(name, numbers, line);
  }
}

function is({ kind, text }: Token, word: string): boolean {
  return (kind === 'word' || kind === 'symbol') && text.toUpperCase() === word;
}
