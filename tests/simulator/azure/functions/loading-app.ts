/** Loads the Functions app in a folder and says what came of it, as JSON: one app per process. */
import { loadFunctionApp } from '../../../../simulator/azure/functions/function-app.ts';
import { createLogger } from '../../../../simulator/wire/logger.ts';

const [, , folder = ''] = process.argv;
let outcome: object;
try {
  const functions = await loadFunctionApp(folder, createLogger('functions', 'silent'));
  const results: string[] = [];
  for (const loaded of functions) {
    const { name, trigger } = loaded;
    const data = { json: '{"IsPastDue":true}' };
    results.push(
      await loaded.invoke({ inputData: [{ name: trigger.name, data }] }).then(
        () => `${name} ok`,
        (error: unknown) => `${name} failed: ${error instanceof Error ? error.message : ''}`,
      ),
    );
  }
  outcome = { results };
} catch (error) {
  outcome = { message: error instanceof Error ? error.message : String(error) };
}
process.stdout.write(JSON.stringify(outcome));
