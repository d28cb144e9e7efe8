/**
 * Whether two versions of neco work in one cluster, by https://semver.org/: the same major version, and before 1.0.0 the same minor
 * version as well. A text that is no version is compatible with itself alone.
 */
export function areCompatible(one: string, other: string): boolean {
  const [first, second] = [versionNumbers(one), versionNumbers(other)];
  if (first === undefined || second === undefined) return one === other;
  return first[0] === second[0] && (first[0] > 0 || first[1] === second[1]);
}

/** Whether the major and minor version are lower than those of the other; what has none is not. */
export function isOlderMinor(one: string, other: string): boolean {
  const [first, second] = [versionNumbers(one), versionNumbers(other)];
  if (first === undefined || second === undefined) return false;
  return first[0] === second[0] ? first[1] < second[1] : first[0] < second[0];
}

/** Major and minor, of a Debian version as well: `1:3.7.3-1`. */
function versionNumbers(version: string): [number, number] | undefined {
  const [, major, minor] = /^(?:\d+:)?v?(\d+)\.(\d+)(?![\d])/.exec(version) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}
