/** Builds the package; its files by name, with their bytes. */
export function dashboardPackage(): Promise<Record<string, Uint8Array>>;
