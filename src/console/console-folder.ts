import path from 'node:path';

/** Where the build puts the console: as far from the sources as from the bundle, both two folders below the package. */
export const consoleFolder = path.join(import.meta.dirname, '../../dist/web');
