// Minifies each file of src/ under a name that changes with its content, packs a copy for browsers
// that take gzip, and lists the names in manifest.json, written last: node build.mjs FOLDER DIGEST

import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const [folder, digest] = process.argv.slice(2);
const fresh = `${folder}.new`;
await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });
const { metafile } = await build({
  entryPoints: (await readdir("src")).sort().map((name) => `src/${name}`),
  entryNames: "[name]-[hash]",
  outdir: fresh,
  minify: true,
  sourcemap: false,
  metafile: true,
  loader: { ".svg": "copy" },
  target: "es2022",
  charset: "utf8",
});
const files = {};
for (const [path, { entryPoint }] of Object.entries(metafile.outputs)) {
  files[basename(entryPoint)] = basename(path);
  const plain = await readFile(join(fresh, basename(path)));
  const packed = gzipSync(plain, { level: 9 });
  if (packed.length < plain.length) await writeFile(join(fresh, `${basename(path)}.gz`), packed);
}
await writeFile(join(fresh, "manifest.json"), JSON.stringify({ sources: digest, files }, null, 1));
await rm(folder, { recursive: true, force: true });
await rename(fresh, folder);
