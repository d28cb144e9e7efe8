import type { ApplicationReader } from '../application-access.ts';

/** What is missing or wrong of the application's user in etcd, one line each. */
export async function userFaults(access: ApplicationReader, name: string): Promise<string[]> {
  const roles = await access.userRoles();
  if (roles === undefined) return [`etcd has no user ${name}`];
  return roles.includes(name) ? [] : [`the etcd user ${name} lacks the role ${name}`];
}
