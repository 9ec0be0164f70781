/**
 * `npm run audit`: fails where a package that ships has a known hole of severity high or critical. A registry that keeps
 * no advisories (a mirror, a proxy) cannot answer: then this says so in its last line and does not fail, unless it was
 * called with `--required`, as where the registry is known to answer.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** npm tries again and again by itself; a registry that hangs must not hold up the rest. */
const DEADLINE_MS = 120_000;
const FAILING = ['critical', 'high'];

const required = process.argv.includes('--required');
const { report, complaint } = await audit();
const { vulnerabilities } = report?.metadata ?? {};
if (vulnerabilities) {
  tell(report);
  process.exitCode = FAILING.some((severity) => vulnerabilities[severity] > 0) ? 1 : 0;
} else {
  write(`NOT AUDITED: the registry gave no advisories (${complaint})`);
  process.exitCode = required ? 1 : 0;
}

/** npm's report, or why there is none. */
async function audit() {
  const child = spawn('npm', ['audit', '--omit=dev', '--json', '--audit-level=high'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
  child.stderr.resume();
  const ended = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ? `npm was ended by ${signal}` : `npm ended with ${code}`));
  });
  let report;
  try {
    report = JSON.parse(out);
  } catch {
    return { complaint: ended };
  }
  return { report, complaint: report.message ?? report.error?.summary ?? ended };
}

function tell({ vulnerabilities, metadata }) {
  for (const { name, severity, range, via, fixAvailable } of Object.values(vulnerabilities ?? {})) {
    const titles = via.map((one) => (typeof one === 'string' ? `by way of ${one}` : `${one.title} (${one.url})`));
    write(`${severity}: ${name} ${range}: ${titles.join('; ')}${fixAvailable ? '' : '; no fix yet'}`);
  }
  const counts = ['critical', 'high', 'moderate', 'low'].map(
    (name) => `${metadata.vulnerabilities[name] ?? 0} ${name}`,
  );
  write(`Audited ${metadata.dependencies?.prod ?? 'all'} packages that ship: ${counts.join(', ')}`);
}

function write(line) {
  process.stdout.write(`${line}\n`);
}
