/**
 * Puts variables into the text of a manifest template, before it is read as JSON.
 *
 * Source: iotedgedev utility.py, get_file_contents (os.path.expandvars), and VS Code's Azure IoT Edge
 * extension: `$NAME` and `${NAME}` anywhere in the file, keys included; an undefined one stays as it is.
 * Two deviations, neither of which a usable manifest can tell: a value is written as JSON needs it, and
 * what the runtime itself writes with a dollar survives even when a variable has that name.
 */

const VARIABLE = /\$(\w+)|\$\{([^}]*)\}/g;

/** Names with a dollar that mean something to IoT Edge, IoT Hub or JSON schemas. */
const NOT_VARIABLES = new Set([
  'edgeAgent',
  'edgeHub',
  'upstream',
  'schema',
  'connectionDeviceId',
  'connectionModuleId',
  'iothub',
  'body',
  'twin',
]);

/** Expands every variable that is defined. */
export function expandVariables(
  text: string,
  variables: Readonly<Record<string, string | undefined>>,
): string {
  return text.replaceAll(VARIABLE, (whole, bare?: string, braced?: string) => {
    const name = bare ?? braced ?? '';
    if (NOT_VARIABLES.has(name) || !Object.hasOwn(variables, name)) return whole;
    const value = variables[name];
    return value === undefined ? whole : JSON.stringify(value).slice(1, -1);
  });
}
