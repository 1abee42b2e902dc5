/** The processes as they run in earnest. */
import { join } from 'node:path';
import { PROJECT_FOLDER } from './project-folder.ts';

/**
 * The compiled file of a source file such as `simulator/main.ts`; `npm test` compiles first. It loads in
 * half the time that the source takes.
 */
export function compiled(source: string): string {
  return join(PROJECT_FOLDER, 'dist', source.replace(/\.ts$/, '.js'));
}
