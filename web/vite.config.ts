import path from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { compressFiles } from './build/compress-files.ts';
import { noteSources } from './build/source-digest.ts';

// The console, as static files that the agent serves (src/console). The same sources make the same bytes.
// oxlint-disable-next-line import/no-default-export -- Vite reads it so
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // What a browser of the last two years understands.
    target: 'es2023',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // Whose packages are in it; tools/build-into.ts puts them to those of the program.
    license: { fileName: '.licenses.json' },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // While one works on it: the pages as they are now, on the data of an agent of this machine, such as that of `npm run demo -- console`.
  server: { host: '127.0.0.1', proxy: { '/api': 'http://127.0.0.1:7373', '/sign-in/oidc': 'http://127.0.0.1:7373' } },
  plugins: [finish()],
});

/** Compresses what was written, and notes of which sources it is. */
function finish(): Plugin {
  const web = import.meta.dirname;
  let folder = '';
  let elsewhere: string[] = [];
  return {
    name: 'rootcellar-finish',
    apply: 'build',
    configResolved: ({ root, build }) => void (folder = path.resolve(root, build.outDir)),
    generateBundle() {
      const files = [...this.getModuleIds()].filter((id) => path.isAbsolute(id) && !id.includes('/node_modules/'));
      elsewhere = files
        .map((id) => path.relative(web, id))
        .filter((file) => file.startsWith('..'))
        .sort();
    },
    closeBundle: async (error) => {
      if (error !== undefined) return;
      await compressFiles(folder);
      await noteSources(folder, web, elsewhere);
    },
  };
}
