/** The tool as a command: in the image `main.mjs inspect`, on a laptop `npm run store -- inspect`. */
import { runTool } from './run-tool.ts';

const { NO_COLOR: noColour = '', STATE_FOLDER: stateFolder = '.' } = process.env;

process.exitCode = await runTool(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stateFolder,
  isColoured: process.stdout.isTTY && noColour === '',
  nowMs: () => Date.now(),
});
