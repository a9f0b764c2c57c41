// Runs one TypeScript program of this repository. It is plain JavaScript for the oldest Node we promise (20): it installs
// what is missing, then hands over to the Node that package.json brings, which runs TypeScript without a build step.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [program, ...programArguments] = process.argv.slice(2);
if (program === undefined) {
  console.error('usage: node bin/launch.mjs PROGRAM.ts [ARGUMENT…]');
  process.exit(2);
}

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  console.error(
    `Selat needs Node 20 or newer to start; this is Node ${process.versions.node}. Install a newer Node from nodejs.org and try again.`,
  );
  process.exit(1);
}

// What is installed is what the lock file wants when npm wrote its own note after it, or when we installed this very one.
const installed = join(root, 'node_modules', '.package-lock.json');
const wanted = join(root, 'package-lock.json');
const stamp = join(root, 'node_modules', '.selat-installed');
const digest = createHash('sha256').update(readFileSync(wanted)).digest('hex');
const isInstalled =
  existsSync(installed) &&
  (statSync(installed).mtimeMs >= statSync(wanted).mtimeMs ||
    (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest));
if (!isInstalled) {
  // npm would empty what a link points to, and that is somebody else's.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error(
      'node_modules is a link, and what it points to is not what package-lock.json wants. Remove the link and try again.',
    );
    process.exit(1);
  }
  console.error('Installing what is missing (npm ci; once, about 20 seconds) …');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    console.error(
      'The installation did not finish. Check the network and the npm registry settings, then run the same command again.',
    );
    process.exit(1);
  }
  writeFileSync(stamp, digest);
}

const brought = [
  join(root, 'node_modules', 'node', 'bin', 'node'),
  join(root, 'node_modules', 'node', 'bin', 'node.exe'),
].find((candidate) => existsSync(candidate));
const engine = brought ?? (major >= 24 ? process.execPath : undefined);
if (engine === undefined) {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', 'node', 'package.json'), 'utf8'));
  console.error(
    `Node ${version}, which Selat brings with it, is not there: npm did not run its install script. Run "npm rebuild node" in ${root}, or start Selat with Node 24 or newer.`,
  );
  process.exit(1);
}

const child = spawn(engine, ['--disable-warning=ExperimentalWarning', join(root, program), ...programArguments], {
  stdio: 'inherit',
});
// A terminal sends Ctrl-C to the whole group, so the child has it already; a supervisor sends it only to us.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('SIGHUP', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
