/** What people see, and are asked. */
import { createInterface } from 'node:readline/promises';

/** The two things that a terminal does here. */
export interface Terminal {
  say(line: string): void;
  /** What was typed; undefined when nobody can be asked. */
  ask(question: string): Promise<string | undefined>;
}

/** The terminal of this process. */
export const terminal: Terminal = {
  say(line) {
    process.stdout.write(`${line}\n`);
  },
  async ask(question) {
    if (!process.stdin.isTTY) return undefined;
    const prompt = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return (await prompt.question(question)).trim();
    } finally {
      prompt.close();
    }
  },
};
