// Writes dist/page.html: page.html with page.js, and what that imports, in it.
import { mkdir, readFile, writeFile } from 'node:fs/promises';

import { build } from 'esbuild';

const { outputFiles } = await build({
  // The package's own entry is CommonJS, of which nothing can be left out: not even React, which only its hooks need.
  alias: { '@lobehub/chat-plugin-sdk/client': '@lobehub/chat-plugin-sdk/es/client/index.js' },
  bundle: true,
  entryPoints: ['page.js'],
  format: 'esm',
  // The hooks are left out, and with them the only use of it.
  external: ['react'],
  legalComments: 'none',
  minify: true,
  target: 'es2022',
  write: false,
});
const page = await readFile('page.html', 'utf8');
await mkdir('dist', { recursive: true });
await writeFile('dist/page.html', page.replace('<!-- script -->', () => `<script type="module">${outputFiles[0].text}</script>`));
