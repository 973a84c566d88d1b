"""The e-mail channel. Importing it stays cheap: the confined helper does so too."""
