// Native bindings for Node to be measured beside us. They are installed when asked for, outside of the project:
// `NEWSREEL_BENCH_BINDING=1`, or the path of a folder where some are installed already.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const versions = { 'fuse-native': '2.2.6', 'fuse-napi': '2.3.1' };

/** Every binding with the folder it was found in, or `why` it cannot be measured. @param folder to install into */
export function findBindings(folder) {
  const asked = process.env.NEWSREEL_BENCH_BINDING ?? '';
  const none = asked === '' || asked === '0';
  return Object.keys(versions).map((binding) => {
    if (none) return { binding, why: 'NEWSREEL_BENCH_BINDING=1 installs it' };
    const place = asked === '1' ? installed(binding, join(folder, `with-${binding}`)) : resolve(asked);
    const why = whyNot(binding, place);
    return { binding, folder: place, why };
  });
}

function installed(binding, place) {
  mkdirSync(place);
  writeFileSync(join(place, 'package.json'), '{ "private": true }');
  const options = ['--no-audit', '--no-fund', '--silent', '--prefix', place];
  spawnSync('npm', ['install', ...options, `${binding}@${versions[binding]}`], { cwd: place, timeout: 300_000 });
  return place;
}

function whyNot(binding, place) {
  if (!existsSync(join(place, 'node_modules', binding))) return 'it is not installed and npm could not';
  // Loaded in a process of its own: one that crashes takes nobody along.
  const script = `require(${JSON.stringify(createRequire(`${place}/`).resolve(binding))})`;
  const loaded = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 30_000 });
  return loaded.status === 0 ? undefined : 'it cannot be loaded (fuse-native needs libfuse2, fuse-napi libfuse3)';
}
