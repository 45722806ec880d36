// SPDX-License-Identifier: MIT
import java.io.File;
import java.io.FileOutputStream;
import java.security.KeyStore;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.SslOptions;

/** The argument says in which of the two documented ways the CA is given: `options` or a socket `factory`. */
public final class Jedis {
    private static void byOptions(DefaultJedisClientConfig.Builder config) throws Exception {
        File file = File.createTempFile("client", ".p12");
        file.deleteOnExit();
        try (FileOutputStream out = new FileOutputStream(file)) {
            Common.trust().store(out, "trusted".toCharArray());
        }
        config.sslOptions(SslOptions.builder()
            .truststore(file, "trusted".toCharArray()).trustStoreType("PKCS12").build());
    }

    private static void byFactory(DefaultJedisClientConfig.Builder config) throws Exception {
        KeyStore store = Common.trust();
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        config.ssl(true).sslSocketFactory(tls.getSocketFactory());
    }

    public static void main(String[] arguments) throws Exception {
        DefaultJedisClientConfig.Builder config = DefaultJedisClientConfig.builder()
            .user(Common.setting("USER")).password(Common.setting("PASSWORD"))
            .connectionTimeoutMillis(1000).socketTimeoutMillis(1000); // it tries four times
        if (arguments[0].equals("options")) {
            byOptions(config);
        } else {
            byFactory(config);
        }
        HostAndPort address = new HostAndPort(Common.setting("HOST"), Integer.parseInt(Common.setting("PORT")));
        RedisClient[] client = new RedisClient[1];
        Common.drive(() -> {
            if (client[0] == null) {
                client[0] = RedisClient.builder().hostAndPort(address).clientConfig(config.build()).build();
            }
            client[0].ping();
        });
    }
}
