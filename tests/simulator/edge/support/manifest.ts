/** Deployment manifests for tests. */

export interface TestManifest {
  readonly modules: readonly string[];
  readonly routes: Readonly<Record<string, unknown>>;
  /** Replaces the fields of every module's definition. */
  readonly definition?: Readonly<Record<string, unknown>>;
  readonly desired?: Readonly<Record<string, unknown>>;
}

/** A whole manifest document around modules and routes. */
export function manifestDocument({ modules, routes, definition, desired }: TestManifest) {
  const module = {
    type: 'docker',
    status: 'running',
    restartPolicy: 'always',
    settings: { image: '/nowhere/main.js' },
    ...definition,
  };
  return {
    modulesContent: {
      $edgeAgent: {
        'properties.desired': {
          schemaVersion: '1.1',
          runtime: { type: 'docker', settings: {} },
          systemModules: {
            edgeAgent: { type: 'docker', settings: { image: 'agent' } },
            edgeHub: {
              type: 'docker',
              status: 'running',
              restartPolicy: 'always',
              settings: { image: 'hub' },
            },
          },
          modules: Object.fromEntries(modules.map((id) => [id, module])),
        },
      },
      $edgeHub: {
        'properties.desired': {
          schemaVersion: '1.1',
          routes,
          storeAndForwardConfiguration: { timeToLiveSecs: 7200 },
        },
      },
      ...desired,
    },
  };
}

/** The text of a route into a module's input. */
export function into(moduleId: string, input: string): string {
  return `INTO BrokeredEndpoint("/modules/${moduleId}/inputs/${input}")`;
}
