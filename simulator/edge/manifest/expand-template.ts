/**
 * Makes a deployment manifest of a template, by the rules of Microsoft's own tools.
 *
 * Source: iotedgedev modules.py, build_push: variables, then images, then createOptions; the template's
 * version goes. What stays undefined is left as it is, as there, and reported with its place.
 */
import { convertCreateOptions } from './create-options.ts';
import { expandVariables } from './expand-variables.ts';
import { jsonPath } from './manifest-error.ts';
import type { FindImage, Variables } from './module-images.ts';

/** A manifest's document and what is wrong with it so far. */
export interface Expansion {
  readonly document: unknown;
  readonly problems: readonly string[];
}

type JsonObject = Record<string, unknown>;

const IMAGE = /^\$\{(MODULES\.[^}]+|MODULEDIR<.+>[^}]*)\}$/;
const LEFT_OVER = /\$\{[^}]*\}/;

/** @throws SyntaxError when the expanded text is not JSON */
export function expandTemplate(
  text: string,
  variables: Variables,
  findImage: FindImage,
): Expansion {
  const problems: string[] = [];
  const root: unknown = JSON.parse(expandVariables(text, variables));
  if (!isObject(root)) return { document: root, problems };
  delete root['$schema-template'];
  const agent = descend(root, ['modulesContent', '$edgeAgent', 'properties.desired']);
  if (agent !== undefined) {
    dropUnusedCredentials(descend(agent, ['runtime', 'settings', 'registryCredentials']));
    for (const kind of ['systemModules', 'modules']) {
      for (const [id, module] of Object.entries(descend(agent, [kind]) ?? {})) {
        const problem = convertModule(module, findImage);
        if (problem !== undefined) problems.push(`${settingsPath(kind, id)}: ${problem}`);
      }
    }
  }
  return { document: root, problems: [...problems, ...leftOvers(root, [])] };
}

function settingsPath(kind: string, id: string): string {
  return jsonPath(['modulesContent', '$edgeAgent', 'properties.desired', kind, id, 'settings']);
}

/** Puts a module's image and createOptions in; what is wrong with them. */
function convertModule(module: unknown, findImage: FindImage): string | undefined {
  const settings = isObject(module) ? module['settings'] : undefined;
  if (!isObject(module) || !isObject(settings)) return undefined;
  const [, placeholder] = IMAGE.exec(String(settings['image'])) ?? [];
  const image = placeholder === undefined ? undefined : findImage(placeholder);
  const converted = convertCreateOptions(image === undefined ? settings : { ...settings, image });
  if ('problem' in converted) return converted.problem;
  module['settings'] = converted.settings;
  return undefined;
}

/** A registry that needs no password needs no entry: one whose user and password are unset goes. */
function dropUnusedCredentials(credentials: JsonObject | undefined): void {
  for (const [name, entry] of Object.entries(credentials ?? {})) {
    if (!isObject(entry)) continue;
    const { username, password } = entry;
    const unset = [username, password].every((value) => LEFT_OVER.test(String(value)));
    if (unset) delete credentials?.[name];
  }
}

function leftOvers(value: unknown, path: readonly PropertyKey[]): string[] {
  if (typeof value === 'string') {
    const [name] = LEFT_OVER.exec(value) ?? [];
    return name === undefined ? [] : [`${jsonPath(path)}: ${name} is not defined. ${remedy(name)}`];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => leftOvers(item, [...path, index]));
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => leftOvers(item, [...path, key]));
}

function remedy(name: string): string {
  if (name === '${CONTAINER_REGISTRY_SERVER}') return 'Name the registry: --registry NAME.';
  if (!/^\$\{MODULE(S|DIR)\b/.test(name)) return 'Set it in the environment or in .env.';
  return 'A module is a folder with a module.json that names the platform: see modules/.';
}

function descend(from: JsonObject, path: readonly string[]): JsonObject | undefined {
  let found: unknown = from;
  for (const step of path) found = isObject(found) ? found[step] : undefined;
  return isObject(found) ? found : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
