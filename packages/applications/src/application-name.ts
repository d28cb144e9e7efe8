import { NecoError } from '@neco/core';

const pattern = /^[a-z][a-z0-9-]{0,31}$/;

const rules: readonly { matches: (name: string, prefix: string) => boolean; why: string; hint: string }[] = [
  {
    matches: (name) => !pattern.test(name),
    why: 'it must be 1 to 32 lower-case letters, digits and hyphens, starting with a letter',
    hint: 'choose a name that is valid as an etcd user, a Linux user, a Vault role, a certificate name and a directory',
  },
  {
    matches: (name) => name.endsWith('-') || name.startsWith('xn--'),
    why: 'Vault signs no certificate with a name that ends with a hyphen or begins with xn--',
    hint: 'choose a name that is a valid host name',
  },
  {
    matches: (name) => name === 'root' || name === 'backup',
    why: 'it is reserved for an etcd user with all permissions',
    hint: 'choose another name',
  },
  {
    matches: (name) => /^(neco|vault)/.test(name),
    why: 'names that begin with neco or vault are reserved for what the boot servers run themselves',
    hint: 'choose another name',
  },
  {
    matches: (name) => name.startsWith('boot-'),
    why: 'names that begin with boot- are reserved for the boot servers',
    hint: 'choose another name',
  },
  {
    matches: (name) => name === 'etcd',
    why: 'it is reserved for etcd itself, whose configuration is /etc/etcd',
    hint: 'choose another name',
  },
  {
    matches: (name) => name === 'localhost',
    why: 'it is reserved: each server has this name in its certificates',
    hint: 'choose another name',
  },
  {
    matches: (name, prefix) => prefix.split('/')[1] === name,
    why: "the keys of neco itself lie there, so that the application could read the cluster's own keys",
    hint: 'choose a name other than the first part of the prefix',
  },
];

/**
 * Refuses what cannot be the name of an application, or must not be.
 * @param prefix the root of neco's keys, with its slashes put right; without it that one rule is not applied.
 * @throws NecoError APPLICATION_NAME_INVALID with the reason
 */
export function checkApplicationName(name: string, prefix = ''): void {
  const broken = rules.find(({ matches }) => matches(name, prefix));
  if (broken === undefined) return;
  throw new NecoError(
    'APPLICATION_NAME_INVALID',
    `${JSON.stringify(name)} is not a valid application name: ${broken.why}`,
    { hint: broken.hint },
  );
}
