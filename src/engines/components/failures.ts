/** A failure that a person can do something about, told from the words of the program that failed. */
export interface KnownFailure {
  readonly code: string;
  readonly pattern: RegExp;
  readonly hint: string;
}

/** What Docker, k3d, helm, containerd, registries and Jenkins say when a thing fails that a person can mend. */
const knownFailures: readonly KnownFailure[] = [
  {
    code: 'disk-full',
    pattern: /no space left on device|disk quota exceeded|evicted.*(ephemeral-storage|imagefs|nodefs)/i,
    hint: 'free space where Docker keeps its data (docker system prune), then repeat `up`: it goes on from there',
  },
  {
    code: 'pull-limited',
    pattern: /toomanyrequests|pull rate limit|429 Too Many/i,
    hint: 'log in (docker login), wait, use a mirror, or bring what was fetched elsewhere: gitops-playground bundle save FILE, then up --bundle FILE',
  },
  {
    code: 'port-in-use',
    pattern: /port is already allocated|address already in use|ports are not available/i,
    hint: 'stop the program that has the port, then repeat `up`; or take other ports: gitops-playground down, then up --port N',
  },
  {
    code: 'certificate-untrusted',
    pattern: /x509:|certificate signed by unknown authority|certificate is not trusted/i,
    hint: "give the Docker engine your company's certificate authority, or use a mirror that it trusts, then repeat `up`",
  },
  {
    code: 'plugin-missing',
    pattern:
      /Plugin .* (not found|could not be found)|Unable to (find|download|resolve) plugin|Failed to download plugin/i,
    hint: 'the download of Jenkins plugins failed: check the internet connection, then repeat `up`; or bring a bundle: up --bundle FILE',
  },
  {
    code: 'chart-unreachable',
    pattern: /failed to fetch .*(index\.yaml|\.tgz)|looks like .* is not a valid chart repository/i,
    hint: 'check the internet connection and the proxy, then repeat `up`; or bring a bundle: up --bundle FILE',
  },
  {
    code: 'registry-unreachable',
    pattern:
      /no such host|server misbehaving|i\/o timeout|TLS handshake timeout|network is unreachable|Client\.Timeout|connect: connection refused|Temporary failure in name resolution/i,
    hint: 'check the internet connection and the proxy, then repeat `up`; or bring a bundle: up --bundle FILE',
  },
  {
    code: 'image-missing',
    pattern: /manifest unknown|manifest for .* not found|: not found$|pull access denied/i,
    hint: 'the registry or mirror does not have this image; `gitops-playground doctor` shows which can be had',
  },
];

/** The failure that these words tell of, if it is a known one. */
export function failureIn(words: string): KnownFailure | undefined {
  return knownFailures.find(({ pattern }) => pattern.test(words));
}
