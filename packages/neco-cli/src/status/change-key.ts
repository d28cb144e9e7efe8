import type { ClusterStatus } from '@neco/status';

/** What moves all the time and tells nothing: the size of a database, and the days that go by. */
const restless = ['databaseBytes', 'daysLeft'];

/** The same for two statuses when there is nothing new in the later one. */
export function changeKey(status: ClusterStatus): string {
  return JSON.stringify(status, (name, value: unknown) => (restless.includes(name) ? undefined : value));
}
