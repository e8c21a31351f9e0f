import type { Browser, Locator, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';

/** Of one click or one look: generous, since the page shares two cores with two clusters. */
const STEP_TIMEOUT_MS = 60_000;

export interface StartForm {
  workflowType: string;
  taskQueue: string;
  workflowId: string;
  /** JSON; nothing is typed when absent. */
  input?: string;
}

export interface ScheduleForm {
  name: string;
  workflowType: string;
  taskQueue: string;
  workflowId: string;
  /** JSON. */
  input: string;
  /** Fires every so many seconds. */
  everySeconds: number;
}

/** Temporal's Web UI as a person uses it: one page, by its test ids, which change less than its labels. */
export class WebUi implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #url: string;

  private constructor(parts: { browser: Browser; page: Page; url: string }) {
    this.#browser = parts.browser;
    this.#page = parts.page;
    this.#url = parts.url;
  }

  static async open(url: string): Promise<WebUi> {
    const browser = await launchChromium();
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.setDefaultTimeout(STEP_TIMEOUT_MS);
    return new WebUi({ browser, page, url: `${url}/namespaces/default` });
  }

  /** Opens the start link and presses Start. */
  async startWorkflow({ input, ...prefilled }: StartForm): Promise<void> {
    await this.#page.goto(`${this.#url}/workflows/start-workflow?${new URLSearchParams(prefilled).toString()}`);
    const start = this.#page.getByTestId('start-workflow-button');
    await start.waitFor();
    if (input !== undefined) await this.#typeJson(this.#page, input);
    // A click would be lost: leaving the editor reformats the text, which moves the button.
    await start.press('Enter');
    await this.waitForText('Workflow started successfully');
  }

  /** Opens the latest run of a workflow. */
  async openWorkflow(workflowId: string): Promise<void> {
    await this.#page.goto(`${this.#url}/workflows/${encodeURIComponent(workflowId)}`);
    await this.#page.getByTestId('workflow-id-heading').waitFor();
  }

  /** Fills in the form of a schedule and presses Create; returns when the server has it. */
  async createSchedule({
    name,
    workflowType,
    taskQueue,
    workflowId,
    input,
    everySeconds,
  }: ScheduleForm): Promise<void> {
    await this.#page.goto(`${this.#url}/schedules/create`);
    const fields = { name, type: workflowType, 'workflow-id': workflowId, 'task-queue': taskQueue };
    for (const [field, text] of Object.entries(fields)) {
      await this.#page.getByTestId(`schedule-${field}-input`).fill(text);
    }
    await this.#typeJson(this.#page.locator('#schedule-payload-input'), input);
    await this.#fillInterval(everySeconds);
    await this.#page.getByTestId('create-schedule-button').press('Enter');
    await this.#page.waitForURL(/\/schedules\/?$|\/schedules\/(?!create)/);
  }

  async #fillInterval(seconds: number): Promise<void> {
    await this.#page.getByTestId('spec-type-0-button').press('Enter');
    await this.#visible(this.#page.getByRole('option').filter({ hasText: 'Interval' })).click();
    const interval = this.#page.locator('input[id^="interval-"]');
    await interval.fill(String(seconds));
    await interval.locator('xpath=following::select[1]').selectOption('second(s)');
  }

  /** Opens a schedule and waits until its page shows the state, e.g. `Running`. */
  async openSchedule(name: string): Promise<void> {
    await this.#page.goto(`${this.#url}/schedules/${encodeURIComponent(name)}`);
    await this.waitForText(name);
  }

  /** Waits until the open page shows the text. It follows a running workflow by itself. */
  async waitForText(text: string | RegExp): Promise<void> {
    await this.#visible(this.#page.getByText(text)).first().waitFor();
  }

  /** Waits for the state beside the workflow's name, e.g. `Completed`. */
  async waitForState(state: string): Promise<void> {
    await this.#visible(this.#page.locator('header').getByText(state, { exact: true }))
      .first()
      .waitFor();
  }

  /** The current details as they were when the run was opened: rendered in a frame that nothing refreshes. */
  async readCurrentDetails(): Promise<string> {
    await this.#visible(this.#page.getByTestId('user-metadata-tab')).click();
    const rendered = this.#page.frameLocator('iframe[title="output"]').last().locator('main');
    await rendered.getByText(/\S/).first().waitFor();
    return (await rendered.innerText()).trim();
  }

  /** Sends a signal to the open run by the dialog of its menu. */
  async sendSignal(name: string, body: string): Promise<void> {
    await this.#visible(this.#page.getByRole('button', { name: 'More Actions' })).click();
    await this.#visible(this.#page.getByTestId('signal-button')).click();
    const dialog = this.#page.locator('dialog[open][data-testid="signal-confirmation-modal"]');
    await dialog.getByTestId('signal-select-button').click();
    await dialog.getByRole('option').filter({ hasText: name }).first().click();
    await this.#typeJson(dialog, body);
    await dialog.getByTestId('confirm-modal-button').press('Enter');
    await dialog.waitFor({ state: 'hidden' });
  }

  async saveScreenshot(file: string): Promise<void> {
    await this.#page.screenshot({ path: file, fullPage: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }

  async #typeJson(within: Page | Locator, json: string): Promise<void> {
    await this.#visible(within.locator('.cm-content[contenteditable="true"]')).first().click();
    await this.#page.keyboard.press('Control+A');
    await this.#page.keyboard.press('Delete');
    await this.#page.keyboard.insertText(json);
  }

  /** Menu items and dialogs are in the page twice. */
  #visible(locator: Locator): Locator {
    return locator.filter({ visible: true });
  }
}
