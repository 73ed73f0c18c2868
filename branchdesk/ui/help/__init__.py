"""In-app help: pages about the screens, found from the screen they are about."""
