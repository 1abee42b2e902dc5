/**
 * Writes cloud/databricks/cold-path.ipynb from cold-path.py, the notebook's source format.
 *
 * With `--check` it only says whether the two agree.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../cloud/databricks/cold-path.py', import.meta.url));
const TARGET = SOURCE.replace(/\.py$/, '.ipynb');
const FIRST_LINE = '# Databricks notebook source\n';
const CELL_END = /^# COMMAND -{10}$/m;
const MARKDOWN = '# MAGIC %md';

/** The notebook in Jupyter's format 4.5, from the source format of Databricks. */
function notebookOf(source) {
  if (!source.startsWith(FIRST_LINE)) throw new Error(`The first line must be: ${FIRST_LINE}`);
  const texts = source.slice(FIRST_LINE.length).split(CELL_END);
  const notebook = {
    cells: texts.map((text, index) => cellOf(text.trim(), index)),
    metadata: {
      kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
      language_info: { name: 'python' },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(notebook, null, 1)}\n`;
}

function cellOf(text, index) {
  // Cells need ids; these stay the same as long as the cell does.
  const id = createHash('sha256').update(`${index} ${text}`).digest('hex').slice(0, 12);
  if (!text.startsWith(MARKDOWN)) {
    const source = linesOf(text);
    return { cell_type: 'code', execution_count: null, id, metadata: {}, outputs: [], source };
  }
  const markdown = text.split('\n').slice(1);
  const source = linesOf(markdown.map((line) => line.replace(/^# MAGIC ?/, '')).join('\n'));
  return { cell_type: 'markdown', id, metadata: {}, source };
}

/** A list of lines that keep their ends, as the format has it. */
function linesOf(text) {
  return text.split('\n').map((line, index, all) => (index < all.length - 1 ? `${line}\n` : line));
}

const wanted = notebookOf(readFileSync(SOURCE, 'utf8'));
if (process.argv[2] !== '--check') {
  writeFileSync(TARGET, wanted);
} else if (readFileSync(TARGET, 'utf8') !== wanted) {
  console.error(
    'cloud/databricks/cold-path.ipynb is not what cold-path.py says: npm run notebook.',
  );
  process.exitCode = 1;
}
