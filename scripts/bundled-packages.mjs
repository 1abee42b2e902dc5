/** Which packages esbuild has put into its output, as folders of package-lock.json, in order. */
export function bundledPackages({ outputs }) {
  const folders = Object.values(outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([path]) => /^((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(folders)].toSorted((a, b) => (a < b ? -1 : 1));
}
