import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from './peers/run.js';
import { describeWith } from './support.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tools = `${root}.cache/tools/`;

interface Page {
  goto(url: string): Promise<unknown>;
  evaluate<T>(script: string): Promise<T>;
  screenshot(options: { path: string }): Promise<unknown>;
}
interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

describeWith(['chromium', `${tools}node_modules/playwright-core/index.js`], 'npm start', () => {
  let child: ChildProcess;
  let link: string;
  let printed = '';

  beforeAll(async () => {
    child = spawn('npm', ['start', '--silent'], {
      cwd: root,
      env: { ...process.env, NEWSREEL_PORT: '0' },
      detached: true,
    });
    link = await new Promise<string>((resolve, reject) => {
      const look = (data: Buffer) => {
        printed += data.toString();
        const found = /click\s+(\S+)/.exec(printed)?.[1];
        if (found) resolve(found);
      };
      child.stdout?.on('data', look);
      child.stderr?.on('data', look);
      child.once('exit', () => reject(new Error(printed)));
    });
  });

  afterAll(async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGINT');
    await gone;
  });

  it('says where to click and what to paste', () => {
    for (const word of ['mpv ', 'curl ', 'rclone ', 'http://127.0.0.1:']) expect(printed).toContain(word);
  });

  it('plays in Chromium and seeks', async () => {
    const { chromium } = createRequire(tools)('playwright-core') as {
      chromium: { launch(options: object): Promise<Browser> };
    };
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--autoplay-policy=no-user-gesture-required',
        '--mute-audio',
      ],
    });
    try {
      const page = await browser.newPage();
      await page.goto(link);
      await holdsIn(page, 'document.querySelector("video")?.readyState >= 3');
      expect(await page.evaluate<number>('document.querySelector("video").duration')).toBeCloseTo(90, 0);
      for (const at of [60, 5, 85]) {
        await page.evaluate(
          `(() => { const v = document.querySelector("video"); v.currentTime = ${at}; return v.play(); })()`,
        );
        await holdsIn(
          page,
          `(() => { const v = document.querySelector("video"); return !v.seeking && v.readyState >= 3 && v.currentTime > ${at + 0.3}; })()`,
        );
      }
      const shot = process.env['NEWSREEL_SCREENSHOT'];
      if (shot) await page.screenshot({ path: shot });
      expect(await page.evaluate('document.querySelector("video").error')).toBeNull();
    } finally {
      await browser.close();
    }
  });
});

/** Polls from outside: the page's own policy forbids scripts to evaluate text. */
function holdsIn(page: Page, script: string): Promise<void> {
  return until(script, () => page.evaluate<boolean>(script), 30_000);
}
