import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

// "npm run bench" runs every benchmark, "npm run bench -- submit" one of them.
const folder = fileURLToPath(new URL('.', import.meta.url));
const own = ['run.ts'];
const all = globSync('*.ts', { cwd: folder })
  .filter((file) => !own.includes(file) && !file.endsWith('-load.ts'))
  .map((file) => basename(file, '.ts'))
  .sort();
const [wanted, ...options] = process.argv.slice(2);
if (wanted !== undefined && !all.includes(wanted)) {
  console.error(`There is no benchmark ${wanted}; there are ${all.join(', ')}.`);
  process.exit(2);
}
for (const name of wanted === undefined ? all : [wanted]) {
  console.log(`\n## ${name}\n`);
  const { status } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', `${folder}${name}.ts`, ...options],
    {
      stdio: 'inherit',
    },
  );
  if (status !== 0) process.exitCode = 1;
}
