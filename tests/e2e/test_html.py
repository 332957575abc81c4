# SPDX-License-Identifier: Apache-2.0
"""The page that -o html makes: that nothing gets in, and, in a headless Chromium, that it does what it says."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

from browser import Browser, texts
from harness import TOP, case, samepage, write

EXAMPLES = TOP / "examples"
FIVE = ["-f", EXAMPLES / "kubevirt-hostnames.yaml", "-n", EXAMPLES / "nodes.yaml"]
HOSTILE = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>&\"'"


def page(*arguments):
    result = samepage("plan", "-o", "html", *arguments)
    assert result.status in (0, 3) and result.stdout.startswith(b"<!doctype html>"), result
    return result.stdout.decode()


def part(html, name):
    return re.search(rf"(?s)<{name}>(.*?)</{name}>", html).group(1)


def plan_in(html):
    return json.loads(re.search(r'(?s)<script type="application/json" id="plan">(.*?)</script>', html).group(1))


def many(folder, count=5000):
    """A snapshot of so many nodes; every third is selected."""
    nodes = "".join(
        f"---\napiVersion: v1\nkind: Node\nmetadata:\n  name: node-{i:04}\n  uid: u{i}\n"
        f"  labels: {{zone: {'a' if i % 3 == 0 else 'b'}, kubevirt.io/ksm-enabled: 'false'}}\n"
        f"  annotations: {{kubevirt.io/ksm-handler-managed: '{'true' if i % 50 == 1 else 'false'}'}}\n" for i in range(count))
    cr = ("apiVersion: kubevirt.io/v1\nkind: KubeVirt\nmetadata: {name: kv}\nspec:\n"
          "  configuration: {ksmConfiguration: {nodeLabelSelector: {matchLabels: {zone: a}}}}\n")
    return ["-f", write(folder / "cr.yaml", cr), "-n", write(folder / "nodes.yaml", nodes)]


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.all, self.attributes = [], [], []

    def handle_starttag(self, tag, attributes):
        self.all.append(tag)
        self.attributes.extend(attributes)
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes something else"


@case
def it_is_one_page_that_needs_nothing_else():
    html = page(*FIVE)
    tags = Tags()
    tags.feed(html)
    assert tags.open == [] and tags.all.count("script") == 2 and tags.all.count("style") == 1
    assert not {"link", "img", "iframe", "object", "base"} & set(tags.all)
    assert not [name for name, _ in tags.attributes if name.startswith("on") or name in ("src", "style", "action")]
    assert not re.search(r"https?://", html), "it names no other place"


@case
def only_its_own_script_and_style_may_run():
    html = page(*FIVE)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html).group(1)
    script = re.findall(r"(?s)<script>(.*?)</script>", html)[0]
    for directive, text in (("style-src", part(html, "style")), ("script-src", script)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy, directive
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy


@case
def it_holds_the_plan():
    assert plan_in(page(*FIVE)) == json.loads(samepage("plan", "-o", "json", *FIVE).stdout)


@case
def without_scripts_it_says_what_changes():
    text = texts(page(*FIVE))
    assert "Plan: 2 to enable, 2 to disable, 0 to restore, 0 to label, 1 unchanged." in text
    for node in ("node01", "node02", "node03", "node05"):
        assert re.search(rf"\b{node} (enable|disable) (matches|does not match) ", text), text
    assert "node04" not in text


@case
def nothing_gets_in(folder):
    """Whatever stands in the files comes out as text."""
    value = HOSTILE.replace("'", "''")
    node = ("apiVersion: v1\nkind: Node\nmetadata:\n  name: n1\n  uid: '" + value + "'\n  labels: {}\n"
            "  annotations:\n    kubevirt.io/ksm-handler-managed: '" + value + "'\n")
    cr = ("apiVersion: kubevirt.io/v1\nkind: KubeVirt\nmetadata:\n  name: '" + value + "'\n  namespace: '" + value
          + "'\nspec: {configuration: {ksmConfiguration: {}}}\n")
    write(folder / "nodes<script>.yaml", node)
    write(folder / "cr.yaml", cr)
    html = samepage("plan", "-o", "html", "-f", "cr.yaml", "-n", "nodes<script>.yaml", cwd=folder).stdout.decode()
    tags = Tags()
    tags.feed(html)
    assert tags.all.count("script") == 2 and "img" not in tags.all, tags.all
    assert plan_in(html)["nodes"][0]["uid"] == HOSTILE


@case
def show_makes_the_same_page(folder):
    assert samepage("plan", "-q", *FIVE, "--out", folder / "plan.json").status == 0
    assert samepage("show", "-o", "html", folder / "plan.json").stdout.decode() == page(*FIVE)


# ---- in a browser ----

SHOWN = "[...document.querySelectorAll('.node')].filter((cell) => !cell.hidden).length"
COUNT = "document.getElementById('count').textContent"
DETAIL = "document.getElementById('detail').textContent"


def type_name(browser, text):
    browser.evaluate(f"(() => {{ const name = document.getElementById('name'); name.value = {json.dumps(text)};"
                     "name.dispatchEvent(new Event('input', { bubbles: true })); })()")


@case
def five_nodes_in_a_browser(folder):
    path = write(folder / "plan.html", page(*FIVE))
    with Browser() as browser:
        browser.open(f"file://{path}")
        assert browser.evaluate(SHOWN) == 5 and browser.evaluate(COUNT) == "5 of 5 nodes"
        assert browser.evaluate("document.getElementById('grid').textContent").count("node0") == 5, "few nodes show names"
        browser.evaluate("document.querySelector('.toggle[value=enable]').click()")
        assert browser.evaluate(SHOWN) == 3
        browser.evaluate("document.querySelectorAll('.node')[4].click()")
        detail = browser.evaluate(DETAIL)
        assert "node05" in detail and "disable (deselected)" in detail and '"true" → "false"' in detail, detail
        assert "the recorded original, else 0" in detail and "does not match kubernetes.io/hostname" in detail, detail
        assert browser.evaluate("location.hash") == "#action=disable%2Cunchanged&node=node05"
        assert browser.errors == [] and browser.requests == [f"file://{path}"], (browser.errors, browser.requests)


@case
def five_thousand_nodes_in_a_browser(folder):
    path = write(folder / "plan.html", page(*many(folder)))
    with Browser() as browser:
        browser.open(f"file://{path}")
        assert browser.evaluate(SHOWN) == 5000
        type_name(browser, "node-00")
        assert browser.evaluate(SHOWN) == 100 and browser.evaluate(COUNT) == "100 of 5000 nodes"
        type_name(browser, "")
        options = browser.evaluate("[...document.querySelectorAll('#change option')].map((option) => option.value)")
        assert "ksm-enabled: \"false\" → \"true\"" in options, options
        browser.evaluate("(() => { const select = document.getElementById('change');"
                         "select.value = 'ksm-enabled: \"false\" → \"true\"';"
                         "select.dispatchEvent(new Event('change', { bubbles: true })); })()")
        assert browser.evaluate(SHOWN) == 1667
        browser.open(f"file://{path}#action=disable&node=node-0001")
        browser.reload()
        assert "node-0001" in browser.evaluate(DETAIL), "a link leads to a node"
        assert browser.evaluate(SHOWN) < 100
        assert browser.errors == [], browser.errors


@case
def a_slow_page_is_waited_for(folder):
    """That the tests here ask the page they mean, and not the one before or half of one."""
    path = write(folder / "plan.html", page(*many(folder, 1000)))
    with Browser() as browser:
        browser.slow_down(20)
        browser.open(f"file://{path}#node=node-0001")
        assert "node-0001" in browser.evaluate(DETAIL)
        for node in ("node-0002", "node-0003"):
            browser.open(f"file://{path}#node={node}")
            browser.reload()
            assert node in browser.evaluate(DETAIL)


@case
def the_keyboard_is_enough(folder):
    path = write(folder / "plan.html", page(*many(folder, 200)))
    focused = "document.activeElement.title"
    with Browser() as browser:
        browser.open(f"file://{path}")
        assert browser.evaluate("document.querySelectorAll('.node[tabindex=\"0\"]').length") == 1, "one stop for Tab"
        browser.evaluate("document.querySelector('.node[tabindex=\"0\"]').focus()")
        for key, name in (("ArrowRight", "node-0001"), ("ArrowRight", "node-0002"), ("ArrowLeft", "node-0001"),
                          ("End", "node-0199"), ("Home", "node-0000")):
            browser.press(key)
            assert browser.evaluate(focused).startswith(name), (key, browser.evaluate(focused))
        browser.press("ArrowDown")
        below = browser.evaluate(focused)
        assert below > "node-0001", below
        browser.press("Enter")
        assert below.split(":")[0] in browser.evaluate(DETAIL)
        browser.press("ArrowUp")
        assert browser.evaluate(focused).startswith("node-0000")
        assert browser.errors == []


@case
def on_a_narrow_screen_the_selected_node_is_in_sight(folder):
    path = write(folder / "plan.html", page(*many(folder)))
    box = "(() => { const box = %s.getBoundingClientRect(); return [box.top, box.bottom]; })()"
    with Browser() as browser:
        browser.resize(390, 844)
        browser.open(f"file://{path}")
        assert browser.evaluate("document.documentElement.scrollWidth") <= 390
        browser.evaluate("document.querySelectorAll('.node')[2500].scrollIntoView()")
        browser.evaluate("document.querySelectorAll('.node')[2500].click()")
        top, bottom = browser.evaluate(box % "document.getElementById('detail')")
        assert 300 < top < bottom <= 844 and "node-2500" in browser.evaluate(DETAIL), (top, bottom)
        browser.evaluate("document.querySelectorAll('.node')[2500].focus()")
        for _ in range(30):
            browser.press("ArrowDown")
            _, bottom = browser.evaluate(box % "document.activeElement")
            assert bottom <= top, "the focus is hidden by the panel"


@case
def colours_can_be_read():
    """4.5 to 1, as WCAG 2 asks for text: what is written in each colour, and what is written upon it."""
    def luminance(colour):
        colour = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(colour[at:at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one, other):
        low, high = sorted((luminance(one), luminance(other)))
        return (high + 0.05) / (low + 0.05)

    themes = [dict(re.findall(r"--([a-z]+): (#[0-9a-f]+);", part))
              for part in re.findall(r"(?s):root \{(.*?)\}", (TOP / "reconciler" / "page" / "page.css").read_text())]
    assert len(themes) == 2
    for theme in themes:
        for name in ("enable", "disable", "restore", "tune", "label", "blocked", "unchanged", "text", "quiet"):
            for back in ("back", "panel"):
                assert contrast(theme[name], theme[back]) >= 4.5, (name, back, theme[name])
        for name in ("enable", "disable", "restore", "tune", "label", "blocked"):
            assert contrast(theme[name], theme["on"]) >= 4.5, (name, theme[name])


@case
def machines_are_counted_as_in_the_other_forms(folder):
    machine = write(folder / "vm.yaml", "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {name: vm}\nspec: {template: "
                    "{spec: {nodeSelector: {kubevirt.io/ksm-enabled: 'true', kubernetes.io/hostname: node01}}}}\n")
    html = page(*FIVE, "--workloads", machine)
    row = re.search(r"(?s)<tr><td>VirtualMachine vm</td>.*?</tr>", html).group(0)
    assert re.findall(r'number">(\d+)<', row) == ["0", "1", "0", "1"], row
    machine = write(folder / "vm.yaml", machine.read_text().replace("node01", "node04"))
    html = page(*FIVE, "--workloads", machine)
    row = re.search(r"(?s)<tr><td>VirtualMachine vm</td>.*?</tr>", html).group(0)
    assert '<td class="number"><strong>0</strong></td>' in row, row


@case
def light_and_dark(folder):
    path = write(folder / "plan.html", page(*FIVE))
    back = "getComputedStyle(document.documentElement).backgroundColor"
    with Browser() as browser:
        browser.scheme("light")
        browser.open(f"file://{path}")
        light = browser.evaluate(back)
        browser.scheme("dark")
        assert browser.evaluate(back) != light
