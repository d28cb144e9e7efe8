/** What the packages are built for, in the words of both Go and Debian: the first on this machine, the others by cross-building. */
export const architectures = ['amd64', 'arm64'] as const;

export type Architecture = (typeof architectures)[number];
