/** What the guides point to is there: files, headings, commands. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROJECT_FOLDER } from '../support/project-folder.ts';

const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', 'config']);
const FENCED = /^```[\s\S]*?^```/gm;
const guides = guidesIn('');
const { scripts } = JSON.parse(textOf('package.json'));

describe('the guides', () => {
  it('are found where they are', () => {
    for (const name of ['README.md', 'docs/deploy.md', 'cloud/infra/README.md']) {
      assert.ok(guides.includes(name), name);
    }
  });

  it('count as broken what leads nowhere', () => {
    assert.ok(!isThere('README.md', 'docs/nowhere.md'));
    assert.ok(!isThere('README.md', 'CONTRIBUTING.md#nowhere'));
    assert.ok(isThere('docs/deploy.md', '../CONTRIBUTING.md#rules-of-the-house'));
  });

  for (const guide of guides) {
    const text = textOf(guide);

    it(`${guide} links to files and headings that are there`, () => {
      const links = [...text.replace(FENCED, '').matchAll(/\]\(([^)\s]+)\)/g)];
      const broken = links.map(([, link]) => link ?? '').filter((link) => !isThere(guide, link));
      assert.deepEqual(broken, []);
    });

    it(`${guide} names commands that are there`, () => {
      const named = [...text.matchAll(/npm run (?:-s |--silent )?([a-z][\w:-]*)/g)];
      assert.deepEqual(
        named.map(([, script]) => script ?? '').filter((script) => !(script in scripts)),
        [],
      );
    });
  }
});

/** Paths of all guides below `folder`, from the project's folder. */
function guidesIn(folder: string): string[] {
  const entries = readdirSync(join(PROJECT_FOLDER, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return path.endsWith('.md') ? [path] : [];
    const ours = entry.isDirectory() && !entry.name.startsWith('.') && !NOT_OURS.has(entry.name);
    return ours ? guidesIn(path) : [];
  });
}

function textOf(path: string): string {
  return readFileSync(join(PROJECT_FOLDER, path), 'utf8');
}

/** Whether a relative link of a guide leads to a file, and to a heading in it; others are not followed. */
function isThere(guide: string, link: string): boolean {
  if (/^[a-z]+:/.test(link)) return true;
  const [path = '', heading] = link.split('#');
  const target = path === '' ? guide : join(dirname(guide), path);
  if (!existsSync(join(PROJECT_FOLDER, target))) return false;
  return heading === undefined || headingsOf(textOf(target)).includes(heading);
}

/** Headings as GitHub makes them parts of an address. */
function headingsOf(text: string): string[] {
  const headings = [...text.replace(FENCED, '').matchAll(/^#{1,6} (.+)$/gm)];
  return headings.map(([, title]) =>
    (title ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
