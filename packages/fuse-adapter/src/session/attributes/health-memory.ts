import type { Entry, EventBus, FileHealth, HealthReport } from '@newsreel/core';

type Verdict = FileHealth['verdict'];
interface Found {
  readonly verdict: Verdict;
  readonly releaseId: string;
}

/** Files, and again releases, that are remembered. */
const mostRemembered = 10_000;

/** What the latest health checks found: of the newest 10,000 files and releases. */
export class HealthMemory {
  readonly #files = new Map<string, Found>();
  readonly #releases = new Map<string, Found>();
  readonly #off: () => void;

  constructor(events: EventBus) {
    this.#off = events.on('health:checked', ({ report }) => this.#checked(report));
  }

  /** What was found about an entry: a file, or the folder of a release. Checked under another path, nothing was. */
  of({ kind, path, releaseId }: Entry): Verdict | undefined {
    if (releaseId === undefined) return undefined;
    const found = kind === 'file' ? this.#files.get(path) : this.#releases.get(releaseId);
    return found?.releaseId === releaseId ? found.verdict : undefined;
  }

  /** Hears no more. */
  end(): void {
    this.#off();
  }

  #checked({ releaseId, verdict, files }: HealthReport): void {
    remember(this.#releases, releaseId, { verdict, releaseId });
    for (const file of files) remember(this.#files, file.path, { verdict: file.verdict, releaseId });
  }
}

function remember(memory: Map<string, Found>, key: string, found: Found): void {
  memory.delete(key);
  memory.set(key, found);
  if (memory.size <= mostRemembered) return;
  const [oldest] = memory.keys();
  if (oldest !== undefined) memory.delete(oldest);
}
