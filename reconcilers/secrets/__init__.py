"""A client secret that lies in a vault and nowhere else: asked of Entra, tried out and put there, in one step."""
