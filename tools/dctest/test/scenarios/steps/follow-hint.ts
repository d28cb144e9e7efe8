import { waitFor } from '@neco/core';
import { expect } from 'chai';
import type { Server } from '../../../src/server/server.ts';
import { eventually } from './joining.ts';

/** What `neco status --json` says of one fault. */
export interface ReportedFault {
  id: string;
  severity: 'fault' | 'warning';
  message: string;
  hint: string;
}

export async function faultsSeen(server: Server, program = 'neco'): Promise<ReportedFault[]> {
  const argv = ['sh', '-c', `${program} status --json`];
  const { stdout, stderr } = await server.exec(argv, { timeout: 60_000 });
  if (stdout === '') throw new Error(`neco status on ${server.name}: ${stderr}`);
  return (JSON.parse(stdout) as { warnings: ReportedFault[] }).warnings;
}

/** Waits until status on a server reports a fault of this kind whose message has these words. */
export async function reported(server: Server, id: string, words: string): Promise<ReportedFault> {
  return await waitFor(
    async () => {
      const all = await faultsSeen(server);
      const found = all.find((fault) => fault.id === id && fault.message.includes(words));
      return found === undefined ? { done: false, seen: JSON.stringify(all) } : { done: true, value: found };
    },
    { what: `${server.name} to report ${id}`, timeout: 90_000, maxPause: 1000 },
  );
}

/** Words with which a part of a hint begins that is a command to be pasted. */
const programs = /^(systemctl|chown|neco|mv|rm|install|df|journalctl|chronyc|timedatectl|apt-get|kill) /;

/** Runs the commands of a hint as they are printed, on the server that it names. @returns those that it ran */
export async function follow({ hint }: ReportedFault, servers: readonly Server[]): Promise<string[]> {
  const [, name = '', text = ''] = /\bon (boot-\d+)[^:]*: (.*)$/.exec(hint) ?? [];
  const server = servers.find((one) => one.name === name);
  if (server === undefined) throw new Error(`no server in the hint: ${hint}`);
  const commands = text
    .split('; ')
    .map((part) => part.replace(/^(or|then|stop it|to see its log|to see it): /, ''))
    .filter((part) => programs.test(part))
    .map((part) => part.replace(/, which .*$/, ''));
  expect(commands, `commands in: ${hint}`).to.have.length.greaterThan(0);
  // One that waits for what does not come would hold up whoever pastes it.
  for (const command of commands)
    await server.exec(['sh', '-c', `${command} </dev/null | cat`], { timeout: 30_000 });
  return commands;
}

/** Waits until `neco status` on a server finds no fault. */
export async function untilAllWell(server: Server): Promise<void> {
  await waitFor(
    async () => {
      const { exitCode, stdout } = await server.exec(['neco', 'status'], { timeout: 60_000 });
      return exitCode === 0 ? { done: true, value: undefined } : { done: false, seen: stdout };
    },
    { what: `${server.name} to see all well`, timeout: 120_000, maxPause: 1000 },
  );
}

/** Waits until status on a server reports no such fault or warning. */
export async function untilGone(server: Server, id: string): Promise<void> {
  await eventually(`${server.name} not to report ${id}`, [], async () =>
    (await faultsSeen(server)).filter((fault) => fault.id === id),
  );
}
