/** A request that is answered with a status on purpose. Internal: it never leaves the dispatcher. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, text: string, headers: Readonly<Record<string, string>> = {}) {
    super(text);
    this.name = 'Refusal';
    this.status = status;
    this.headers = headers;
  }
}
