import type { ClusterStatus } from '@neco/status';

/** Fields that change all the time without meaning anything: database sizes and remaining days. */
const restless = ['databaseBytes', 'daysLeft'];

/** A key that is equal for two statuses if the later one contains nothing new. */
export function changeKey(status: ClusterStatus): string {
  return JSON.stringify(status, (name, value: unknown) => (restless.includes(name) ? undefined : value));
}
