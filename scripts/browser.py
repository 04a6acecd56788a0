"""Make sure that a Chromium is there for the tests of the pages: Debian's through apt where root, else Playwright's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Return 0 once a browser is there."""
    if shutil.which("chromium") or shutil.which("google-chrome"):
        return 0
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        if Path(playwright.chromium.executable_path).exists():
            return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium for the browser tests", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        return subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], stdout=subprocess.DEVNULL).returncode
    print("Fetching Chromium for the browser tests", flush=True)
    code = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"]).returncode
    if code:
        print("No Chromium could be fetched. Install one (Debian: apt install chromium) and run make test again.")
    return code


if __name__ == "__main__":
    sys.exit(main())
