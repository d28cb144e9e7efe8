import { readFile } from 'node:fs/promises';
import { NecoError } from '@neco/core';
import { runCommand } from './run-command.ts';

interface Account {
  name: string;
  id: number;
  /** The primary group, for a user. */
  groupId: number;
}

type Database = 'passwd' | 'group';

/** Looks an account up by name: in the local files first, then wherever nsswitch.conf(5) says. */
export async function findAccount(database: Database, name: string): Promise<Account | undefined> {
  const local = (await localAccounts(database)).find((account) => account.name === name);
  if (local !== undefined) return local;
  const { exitCode, stdout } = await runCommand('getent', [database, '--', name], { timeout: 10_000 });
  return exitCode === 0 ? parse(stdout)[0] : undefined;
}

/** The numbers of a user and group as names; @throws NecoError FILE_FAILED when there is none of that name. */
export async function resolveOwner(
  owner: string | undefined,
  group: string | undefined,
): Promise<{ uid: number; gid: number }> {
  const user = owner === undefined ? undefined : await findAccount('passwd', owner);
  if (owner !== undefined && user === undefined) throw unknown('user', owner);
  const named = group === undefined ? undefined : await findAccount('group', group);
  if (group !== undefined && named === undefined) throw unknown('group', group);
  return {
    uid: user?.id ?? process.getuid?.() ?? 0,
    gid: named?.id ?? user?.groupId ?? process.getgid?.() ?? 0,
  };
}

/** Name of the account with a number; the number itself where the local files have no name for it. */
export async function accountName(database: Database, id: number): Promise<string> {
  return (await localAccounts(database)).find((account) => account.id === id)?.name ?? String(id);
}

async function localAccounts(database: Database): Promise<Account[]> {
  return parse(await readFile(`/etc/${database}`, 'utf8'));
}

function parse(text: string): Account[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', , id, groupId] = line.split(':');
      return { name, id: Number(id), groupId: Number(groupId) };
    });
}

function unknown(kind: string, name: string): NecoError {
  return new NecoError('FILE_FAILED', `there is no ${kind} ${JSON.stringify(name)} on this host`, {
    hint: `the package that the files are for makes the ${kind}: see that it is installed`,
  });
}
