/** Version of the modules, as in their package.json and module.json; their images are tagged with it. */
export const VERSION = '0.1.0';
