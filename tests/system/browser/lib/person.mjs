// A person in front of a page. Every click, every field that is typed into, every choice from a list and every
// key is one interaction, and they are counted.

export class Person {
  #page;
  /** The interactions so far, in words. */
  steps = [];

  constructor(page) {
    this.#page = page;
  }

  get page() {
    return this.#page;
  }

  get count() {
    return this.steps.length;
  }

  async click(target, what) {
    this.steps.push(`click ${what}`);
    await target.click();
  }

  async type(target, text, what) {
    this.steps.push(`type ${what}`);
    await target.fill(text);
  }

  async choose(target, option, what) {
    this.steps.push(`choose ${what}`);
    await target.selectOption(option);
  }

  async key(key) {
    this.steps.push(`key ${key}`);
    await this.#page.keyboard.press(key);
  }
}
