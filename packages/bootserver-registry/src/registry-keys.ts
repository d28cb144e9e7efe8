import { NecoError, normalizePrefix } from '@neco/core';

/** Every key of neco, and the only place where one is spelled. */
export class RegistryKeys {
  readonly prefix: string;

  /** @throws NecoError CONFIG_INVALID for an empty prefix, under which everybody's keys would lie. */
  constructor(prefix: string) {
    this.prefix = normalizePrefix(prefix);
    if (this.prefix !== '') return;
    throw new NecoError('CONFIG_INVALID', `${JSON.stringify(prefix)} is not a prefix for keys in etcd`, {
      hint: 'give one that is not empty, such as /neco/',
    });
  }

  get bootServers(): string {
    return `${this.prefix}bootservers/`;
  }

  bootServer(lrn: number): string {
    return `${this.bootServers}${String(lrn)}`;
  }

  get applications(): string {
    return `${this.prefix}applications/`;
  }

  application(name: string): string {
    return `${this.applications}${name}`;
  }

  get vaultUnsealKey(): string {
    return `${this.prefix}vault-unseal-key`;
  }

  get vaultRootToken(): string {
    return `${this.prefix}vault-root-token`;
  }

  /** @param id as in `setup`; parts of it may be separated by slashes. */
  operation(id: string): string {
    return `${this.prefix}operations/${id}`;
  }

  /** Where each boot server says how far an update is. */
  updateStatus(lrn: number): string {
    return `${this.prefix}update/status/${String(lrn)}`;
  }

  get elections(): string {
    return `${this.prefix}election/`;
  }

  lock(name: string): string {
    return `${this.prefix}operations/locks/${name}`;
  }

  /** Whether a key under the prefix is one of neco's. */
  isOwn(key: string): boolean {
    const rest = key.slice(this.prefix.length);
    return (
      singleKeys.includes(rest) ||
      folders.some((folder) => rest.startsWith(folder) && rest.length > folder.length)
    );
  }
}

const singleKeys = ['vault-unseal-key', 'vault-root-token', 'release/current', 'update/request'];
const folders = ['bootservers/', 'applications/', 'config/', 'update/status/', 'election/', 'operations/'];
