import { expect } from 'chai';
import type { Server } from '../../../src/server/server.ts';
import { administrator, secretFile } from '../../../src/cluster/set-up-cluster.ts';

/** How `neco` is called on one server, where that differs from what the others do. */
export interface Call {
  /** The program; the installed one unless given. */
  readonly program?: readonly string[];
  /** `setup` unless given. */
  readonly command?: 'setup' | 'preflight';
  /** In place of the file of the setup secret and, on the leader, the administrator. */
  readonly options?: readonly string[];
  /** Beside them. */
  readonly more?: readonly string[];
  readonly lrns?: readonly number[];
  /** For servers that wait in vain: little time, and the leader has more of it, so that the others see it wait. */
  readonly vain?: boolean;
}

/** How a command ended. */
export interface Ending {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The document on standard error of a command that was called with --json and failed. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly details: readonly { readonly message: string; readonly hint?: string }[];
}

/** A fault of a server: how it comes about and how it is mended, as shell scripts. */
export interface Fault {
  readonly server: Server;
  readonly make: string;
  readonly mend: string;
}

const limit = 90_000;

/** Runs `neco setup 0 1 2`, or what is said instead, on one server to its end. */
export async function call(server: Server, how: Call = {}): Promise<Ending> {
  const { program = ['neco'], command = 'setup', more = [], lrns = [0, 1, 2], vain = false } = how;
  const patience = vain ? (server.which === 0 ? '13s' : '9s') : '60s';
  const options = [...(how.options ?? usualOptions(server, command)), '--timeout', patience, ...more];
  return server.exec([...program, command, ...options, ...lrns.map(String)], { timeout: limit });
}

/** What an admin gives who does all right. */
function usualOptions(server: Server, command: 'setup' | 'preflight'): string[] {
  const leads = server.which === 0 && command === 'setup';
  const admin = ['--admin', administrator.name, '--admin-password-file', administrator.passwordFile];
  return ['--secret-file', secretFile, ...(leads ? admin : [])];
}

/** The one line of JSON that a failed command says, checked for its shape. */
export function failureOf({ stderr }: Ending): Failure {
  expect(stderr.trimEnd(), 'one line on standard error').to.match(/^\{.*\}$/);
  const document = JSON.parse(stderr) as { version: number; error: Failure };
  expect(Object.keys(document)).to.have.members(['version', 'error']);
  expect(document.version).to.equal(1);
  expect(document.error.code).to.match(/^[A-Z_]+$/);
  expect(document.error.message).to.be.a('string').that.is.not.empty;
  expect(document.error.hint, document.error.message).to.be.a('string').that.is.not.empty;
  expect(document.error.details).to.be.an('array');
  return document.error;
}

/** What the findings say, each with what to do. */
export function findingsOf(ending: Ending): string[] {
  const { code, details } = failureOf(ending);
  expect(ending.exitCode, ending.stderr).to.equal(3);
  expect(code).to.equal('PREFLIGHT_FAILED');
  for (const { message, hint } of details) expect(hint, message).to.be.a('string').that.is.not.empty;
  return details.map(({ message }) => message);
}

/** Does `work` while the faults are there. */
export async function withFaults<T>(faults: readonly Fault[], work: () => Promise<T>): Promise<T> {
  try {
    for (const { server, make } of faults) await shell(server, make);
    return await work();
  } finally {
    for (const { server, mend } of faults) await shell(server, mend);
  }
}

/** A program that holds on to something until the work is done: a port, or a connection. */
export async function withProgram<T>(
  server: Server,
  argv: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const program = await server.spawn(argv);
  try {
    return await work();
  } finally {
    await program.killTree();
  }
}

/** Waits until something listens on this port of the server. */
export async function listens(server: Server, port: number): Promise<void> {
  await shell(
    server,
    `timeout 20 sh -c 'until ss -Hltn "sport = :${port}" | grep -q .; do sleep 0.05; done'`,
  );
}

/**
 * Does `work`, which must leave all of the servers as they are: each file on their disks, by the time of its last change, which no
 * program can set back (https://man7.org/linux/man-pages/man7/inode.7.html), packages, units, and what listens. Logs, scratch under
 * /run and /tmp, and Node's cache of compiled code are left out.
 */
export async function unchanged<T>(servers: readonly Server[], work: () => Promise<T>): Promise<T> {
  await Promise.all(
    servers.map((server) => shell(server, `${looks}; state >/run/state-before; touch /run/began`)),
  );
  const result = await work();
  const changes = await Promise.all(
    servers.map((server) => shell(server, `${looks}; changed; state | diff /run/state-before - || true`)),
  );
  expect(changes, 'what was changed on the servers').to.deep.equal(servers.map(() => ''));
  return result;
}

const looks = `
changed() {
  find / -xdev \\( -path /run -o -path /tmp -o -path /var/log -o -path /var/tmp \\) -prune \\
    -o -cnewer /run/began -printf '%p %y %m %U:%G %s\\n'
}
state() {
  dpkg-query --show --showformat '\${Package} \${Version} \${db:Status-Abbrev}\\n'
  systemctl list-unit-files --plain --no-legend
  systemctl list-units --all --plain --no-legend 'etcd*' 'vault*' 'neco*'
  ss -Hltn
}`;

export function shell(server: Server, script: string): Promise<string> {
  return server.run(['sh', '-euc', script], { timeout: limit });
}
