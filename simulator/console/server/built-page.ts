/**
 * Serves the files that Vite built, from memory.
 *
 * Each file is a route of its own, so no request can name a path outside the folder.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import type { FastifyInstance } from 'fastify';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Vite names these after their content. */
const UNCHANGING_FOLDER = 'assets/';

/** Adds a route for every file in `folder`, and `/` for its index.html. */
export function serveBuiltPage(app: FastifyInstance, folder: string): void {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(folder.length + 1).replaceAll(sep, '/');
    const content = readFileSync(file);
    const isUnchanging = path.startsWith(UNCHANGING_FOLDER);
    app.get(path === 'index.html' ? '/' : `/${path}`, (_request, reply) =>
      reply
        .type(CONTENT_TYPES[extname(file)] ?? 'application/octet-stream')
        .header('cache-control', isUnchanging ? 'max-age=31536000, immutable' : 'no-cache')
        .send(content),
    );
  }
}
