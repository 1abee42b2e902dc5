/** Docker's reading of .dockerignore: which files of a folder become the build context. */
import { createRequire } from 'node:module';

interface Ignore {
  add(patterns: string): Ignore;
  /** The paths that are not ignored. */
  filter(paths: readonly string[]): string[];
}

/** The package's declarations do not fit its CommonJS export. */
const makeIgnore = createRequire(import.meta.url)('@balena/dockerignore') as () => Ignore;

/** Those of `paths` that `patterns`, the text of a .dockerignore, lets through. */
export function buildContext(patterns: string, paths: readonly string[]): string[] {
  return makeIgnore().add(patterns).filter(paths);
}
