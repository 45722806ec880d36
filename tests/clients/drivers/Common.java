// SPDX-License-Identifier: MIT
import java.io.FileInputStream;
import java.io.InputStream;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;

/** What the drivers in Java do alike; driver.h says what that is. */
final class Common {
    interface Ping {
        void run() throws Exception;
    }

    static String setting(String name) {
        String value = System.getenv("CLIENT_" + name);
        return value != null ? value : "";
    }

    private static void say(String outcome, String error) {
        String text = error.replaceAll("[\"\\\\\\p{Cntrl}]", " ");
        System.out.println("{\"outcome\":\"" + outcome + "\",\"error\":\"" + text + "\"}");
    }

    /** The exception and what caused it. */
    private static String text(Throwable error) {
        String text = error.toString();
        return error.getCause() == null ? text : text + ": " + text(error.getCause());
    }

    static KeyStore trust() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream in = new FileInputStream(setting("CA"))) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        return store;
    }

    static void drive(Ping ping) throws Exception {
        try {
            ping.run();
        } catch (Exception error) {
            say("refused", text(error));
            System.exit(0);
        }
        if (setting("AGAIN").isEmpty()) {
            say("accepted", "");
        } else {
            again(ping);
        }
        System.exit(0);
    }

    private static void again(Ping ping) throws Exception {
        say("first", "");
        System.in.read();
        Exception last = null;
        for (int i = 0; i < 3; i++) {
            try {
                ping.run();
                say("accepted", "");
                return;
            } catch (Exception error) {
                last = error;
                Thread.sleep(500);
            }
        }
        say("refused", text(last));
    }
}
